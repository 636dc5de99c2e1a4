"""Stand-ins for the providers of Terraform: their published schemas over an emulator of AWS.

They prove the graph, types, wiring, idempotence and the end of a stack. They do not prove that AWS
or the real provider accepts it.
"""
