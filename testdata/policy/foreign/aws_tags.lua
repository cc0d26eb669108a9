-- AWS: the tag of the caller must equal a tag of the secret. Rules cannot read metadata of
-- a secret; here the team is a part of the key.
local std = require "std/v1"
allow { "team", ops = "read", keys = "*/**", when = function(req) return std.segment(req.key, 1) == req.labels.team end }
