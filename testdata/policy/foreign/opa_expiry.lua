-- OPA: a claim holds the time at which a token expires.
allow { "admin", roles = "admin", keys = "**", when = function(req)
  local expires = tonumber(req.labels.exp)
  return expires ~= nil and req.time < expires
end }
