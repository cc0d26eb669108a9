-- Who is asked for which key, and in which order. The first chain rule that
-- matches counts; the configured chain is only the default of programs without
-- one, and the limit of what a function may choose.
chain { "ci", keys = "ci/**", providers = { "env" } } -- never from a file

chain { "rest", keys = "**", providers = function(req)
  if req.labels.host == "laptop" then return { "local", "env" } end
  return { "env" } -- elsewhere a forgotten file is not asked
end }

-- Order is one thing, access another: this lesson lets everybody read.
allow { "everyone", ops = "read", keys = "**" }
