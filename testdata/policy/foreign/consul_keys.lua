-- Consul: read everything, write below one prefix, deny below another.
allow { "read-all", ops = "read", keys = "**", roles = "client" }
allow { "app", keys = "app/**", roles = "client" }
deny { "private", keys = { "app/private/**", "app/bar/secret" } }
