test("aws endpoint", function(t)
  t.allow { roles = "account", key = "a", labels = { endpoint = "ep-1" } }
  t.deny { roles = "account", key = "a", labels = { endpoint = "ep-2" } }
  t.deny { roles = "account", key = "a", rule = "elsewhere" }
  t.deny { key = "a", labels = { endpoint = "ep-1" }, code = "no_rule" }
  t.deny { roles = "account", key = "a", labels = { Endpoint = "ep-1" } }
end)
