-- Cedar: forbid unless the address is inside; permit from a level on.
local std = require "std/v1"
allow { "level", ops = "read", keys = "docs/**", when = function(req) return (tonumber(req.labels.level) or 0) >= 3 end }
deny { "outside", keys = "docs/secret/**", when = function(req) return not std.ip_in(req.labels.ip, "10.0.0.0/8") end }
