test("aws like", function(t)
  t.allow { key = "dev-a" }
  t.allow { key = "dev-" }
  t.deny { key = "dev-a/b" }
  t.deny { key = "Dev-a" }
  t.deny { key = "xdev-a" }
end)
