-- Vault: create without update.
allow { "drop-box", ops = "create", keys = "inbox/**" }
