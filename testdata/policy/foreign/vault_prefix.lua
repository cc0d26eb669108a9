-- Vault: read and list below one path. A trailing * there is ** here, and does not match
-- the folder itself.
allow { "shop", ops = { "get", "keys" }, keys = "shop/**" }
