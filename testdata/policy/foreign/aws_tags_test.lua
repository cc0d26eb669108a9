test("aws tags", function(t)
  t.allow { key = "blue/x", labels = { team = "blue" } }
  t.deny { key = "red/x", labels = { team = "blue" } }
  t.deny { key = "blue/x" }
  t.deny { key = "blue", labels = { team = "blue" } }
  t.deny { key = "blue/x", labels = { team = "" } }
end)
