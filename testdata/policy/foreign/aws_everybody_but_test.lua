test("aws everybody but", function(t)
  t.allow { key = "a" }
  t.deny { roles = "guest-1", key = "a", code = "no_rule" }
  t.deny { key = "root/x", rule = "closed" }
  t.allow { roles = "emergency", key = "root/x" }
  t.allow { roles = { "a", "emergency" }, key = "root/x" }
  t.deny { roles = "Emergency", key = "root/x" }
end)
