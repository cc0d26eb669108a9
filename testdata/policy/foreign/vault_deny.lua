-- Vault: a deny below an allowed path. Deny wins in both.
allow { "all", keys = "area/**", roles = { "member" } }
deny { "vaulted", keys = "area/51" }
