-- AWS: one role reads one secret.
allow { "server", roles = "server-1", ops = "get", keys = "prod/Server1" }
