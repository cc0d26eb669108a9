test("vault plus", function(t)
  t.allow { key = "x/green" }
  t.deny { key = "x/y/green" }
  t.allow { key = "red/q/db" }
  t.allow { key = "red/q/db-main" }
  t.deny { key = "red/q/r/db" }
  t.deny { key = "red/q/db/x" }
end)
