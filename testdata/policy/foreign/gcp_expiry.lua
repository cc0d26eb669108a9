-- Google Cloud: a binding that ends at a time.
allow { "temporary", roles = "accessor", ops = "get", keys = "projects/*/secrets/app-*", until = "2027-01-01T00:00:00Z" }
