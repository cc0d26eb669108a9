-- Who may do what with the secrets of this folder. What no rule allows is
-- denied, and a deny beats an allow wherever it stands.
local std = require "std/v1"

deny  { "prod-is-read-only", ops = "write", keys = "prod/**",
        reason = "production changes through the pipeline" }

allow { "ops", roles = "ops", keys = "prod/**" }
allow { "own-team", roles = "dev", keys = "team/*/**",
        when = function(req) return std.segment(req.key, 2) == req.labels.team end }

redact { "tokens", keys = "**/token", mode = "last", keep = 4 }
