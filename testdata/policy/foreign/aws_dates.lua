-- AWS: access between two dates.
allow { "contractor", roles = "contractor", ops = "read", keys = "project/**", from = "2026-04-01", ["until"] = "2026-06-30" }
