test("vault entity", function(t)
  t.allow { caller = "bob", key = "user/bob/x" }
  t.deny { caller = "bob", key = "user/eve/x" }
  t.deny { caller = "", key = "user/eve/x" }
  t.deny { caller = "bob/x", key = "user/bob/x" }
  t.allow { caller = "Bob", key = "user/Bob/x" }
  t.deny { caller = "Bob", key = "user/bob/x" }
end)
