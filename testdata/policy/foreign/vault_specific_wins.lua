-- Vault: the longest path wins, so an allow overrides a shorter deny. Here deny wins:
-- leave the deny out, for what no rule allows is denied.
allow { "public", ops = "read", keys = "area/app/public" }
