# Outputs alone.
output "answer" { value = 42 }
