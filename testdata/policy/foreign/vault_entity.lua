-- Vault: a path template with the name of the entity. Here a predicate compares the
-- segment.
local std = require "std/v1"
allow { "own", keys = "user/*/**", when = function(req) return std.segment(req.key, 2) == req.caller end }
