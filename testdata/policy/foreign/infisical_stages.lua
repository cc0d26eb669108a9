-- Infisical: read two stages, only list the third.
allow { "stages", roles = "developer", ops = "read", keys = { "dev/api/**", "staging/api/**" } }
allow { "names", roles = "developer", ops = "keys", keys = "prod/**" }
deny { "no-prod", roles = "developer", ops = { "get", "watch", "write" }, keys = "prod/**" }
