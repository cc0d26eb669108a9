-- OPA: a table of grants for each user, as data.
local std = require "std/v1"
local grants = { ann = { "db/**" }, ben = { "db/read", "mail/*" } }
allow { "grants", ops = "read", keys = "**", when = function(req)
  local mine = grants[req.caller]
  return mine ~= nil and std.any(mine, function(pattern) return std.glob(pattern, req.key) end)
end }
