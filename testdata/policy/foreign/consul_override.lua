-- Consul: a longer prefix overrides the deny of a shorter one. Here the exception is in
-- the deny rule.
local std = require "std/v1"
allow { "web", keys = "app/web/**" }
allow { "rest", ops = "read", keys = "**", roles = "client" }
deny { "app", keys = "app/**", when = function(req) return not std.starts(req.key, "app/web/") end }
