"""The tools as a server of the Model Context Protocol, over standard input and output, by the protocol's own package."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import mcp_types as protocol
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from mcp.server import Server
from mcp.server.stdio import stdio_server

from planproof.cli.agents.tools import Answer, Tool
from planproof.errors import PlanproofError
from planproof.text.escaping import one_line
from planproof.version import version

INSTRUCTIONS = (
    "planproof judges Terraform plans. After each change: terraform plan -out tfplan, terraform show -json tfplan > plan.json, then check. "
    "Fix what is FAIL: fix gives the patch of what has a mechanical remedy, explain and review say what to do about the rest. For UNKNOWN, provide what the reason names; it is not a pass."
)


def serve(tools: Mapping[str, Tool], confine: Callable[[], None]) -> None:
    """Answers until standard input ends. `confine` is called once all that the server itself needs is open."""
    anyio.run(_serve, tools, confine)


async def _serve(tools: Mapping[str, Tool], confine: Callable[[], None]) -> None:
    one_at_a_time = anyio.CapacityLimiter(1)

    async def list_tools(_context: Any, _parameters: Any) -> protocol.ListToolsResult:
        return protocol.ListToolsResult(tools=[_described(tool) for tool in tools.values()])

    async def call_tool(_context: Any, called: protocol.CallToolRequestParams) -> protocol.CallToolResult:
        answer = await anyio.to_thread.run_sync(_answer, tools, called.name, called.arguments or {}, limiter=one_at_a_time)
        text = protocol.TextContent(type="text", text=answer.text)
        return protocol.CallToolResult(content=[text], structured_content=answer.data, is_error=answer.is_error)

    server: Server[Any] = Server(
        "planproof", version=version(), instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )
    async with stdio_server() as (read, write):
        confine()
        await server.run(read, write, server.create_initialization_options())


def _described(tool: Tool) -> protocol.Tool:
    hints = protocol.ToolAnnotations(
        title=tool.title,
        read_only_hint=not tool.can_write,
        destructive_hint=tool.can_write,
        idempotent_hint=True,
        open_world_hint=False,
    )
    return protocol.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=hints,
    )


def _answer(tools: Mapping[str, Tool], name: str, arguments: Mapping[str, Any]) -> Answer:
    """What goes wrong is one plain sentence; a traceback could hold values of the plan."""
    try:
        tool = tools.get(name)
        if tool is None:
            return Answer(f"there is no tool {one_line(name)}; there are {', '.join(tools)}", is_error=True)
        problem = best_match(Draft202012Validator(tool.input_schema).iter_errors(arguments))
        if problem:
            where = problem.json_path.removeprefix("$").removeprefix(".")
            return Answer(one_line(f"{name} cannot take its arguments: {where and f'{where}: '}{problem.message}"), is_error=True)
        return tool.answer(**arguments)
    except PlanproofError as error:
        return Answer(one_line(str(error)), is_error=True)
    except MemoryError:
        return Answer("not enough memory for this plan", is_error=True)
    except Exception as error:
        print(f"planproof: internal error in {name} ({type(error).__name__}); please report it", file=sys.stderr)
        return Answer(f"internal error ({type(error).__name__}); please report it", is_error=True)
