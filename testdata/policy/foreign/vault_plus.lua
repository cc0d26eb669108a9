-- Vault: + is one segment, as * is here; a * within a segment is a part of one.
allow { "plus", ops = "read", keys = { "*/green", "red/*/db*" } }
