-- Rules for the secrets in this folder. A request that no rule allows is denied,
-- and a deny overrides an allow, in any order.
local std = require "std/v1"

deny  { "prod-is-read-only", ops = "write", keys = "prod/**",
        reason = "production changes through the pipeline" }

allow { "ops", roles = "ops", keys = "prod/**" }
allow { "own-team", roles = "dev", keys = "team/*/**",
        when = function(req) return std.segment(req.key, 2) == req.labels.team end }

redact { "tokens", keys = "**/token", mode = "last", keep = 4 }
