-- Kubernetes: a Role with resource names and one without. Each verb is allowed by itself.
allow { "reader", roles = "app:reader", ops = "get", keys = "app/db" }
allow { "lister", roles = "app:viewer", ops = { "keys", "watch" }, keys = "app/*" }
