-- Vault: allowed parameters and wrapping. Rules see neither a value nor its parameters;
-- what remains is who may write.
allow { "writer", ops = "set", keys = "app/**" }
