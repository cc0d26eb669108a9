-- Kubernetes: all service accounts of a namespace.
allow { "accounts", callers = "system:serviceaccount:ci:*", ops = "read", keys = "ci/**" }
