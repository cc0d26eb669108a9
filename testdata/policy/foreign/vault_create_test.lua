test("vault create", function(t)
  t.allow { op = "create", key = "inbox/x" }
  t.deny { op = "update", key = "inbox/x" }
  t.deny { op = "set", key = "inbox/x" }
  t.deny { key = "inbox/x" }
  t.deny { op = "delete", key = "inbox/x" }
  t.deny { op = "create", key = "inbox" }
end)
