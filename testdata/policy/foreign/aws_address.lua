-- AWS: allowed blocks of addresses. A label that is no address allows nothing.
local std = require "std/v1"
local nets = { "10.0.0.0/8", "198.51.100.0/24", "2001:db8::/32" }
allow { "office", ops = "read", keys = "**", when = function(req)
  return std.any(nets, function(net) return std.ip_in(req.labels.ip, net) end)
end }
