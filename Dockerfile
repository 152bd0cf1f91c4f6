# planproof of this checkout, small and not root: docker build -t planproof . && docker run --rm --network none -v "$PWD:/work:ro" planproof check plan.json
FROM python:3.12-slim AS build
WORKDIR /source
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY checks checks
COPY policies policies
COPY docs/checks docs/checks
COPY fixtures/good/ideal fixtures/good/ideal
COPY tests/plans/new_check_good tests/plans/new_check_good
COPY tests/plans/new_check_bad tests/plans/new_check_bad
RUN python -m venv /opt/planproof && /opt/planproof/bin/pip install --no-cache-dir --disable-pip-version-check '.[rich]'

FROM python:3.12-slim
COPY --from=build /opt/planproof /opt/planproof
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["/opt/planproof/bin/planproof"]
CMD ["--help"]
