-- Which providers are asked for a key, and in which order. The first chain rule
-- that matches applies. The configured chain is the default for policies without
-- chain rules, and a function can choose only from its providers.
chain { "ci", keys = "ci/**", providers = { "env" } } -- never from a file

chain { "rest", keys = "**", providers = function(req)
  if req.labels.host == "laptop" then return { "local", "env" } end
  return { "env" } -- elsewhere the file is ignored, even if one was left behind
end }

-- Chain rules grant nothing. This example lets everybody read.
allow { "everyone", ops = "read", keys = "**" }
