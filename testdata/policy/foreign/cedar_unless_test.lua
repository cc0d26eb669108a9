test("cedar unless", function(t)
  t.allow { key = "docs/a", labels = { level = "3" } }
  t.deny { key = "docs/a", labels = { level = "2" } }
  t.deny { key = "docs/a" }
  t.deny { key = "docs/secret/a", labels = { level = "5" } }
  t.allow { key = "docs/secret/a", labels = { level = "5", ip = "10.0.0.1" } }
  t.deny { key = "docs/secret/a", labels = { level = "5", ip = "inside" }, rule = "outside" }
  t.allow { key = "docs/a", labels = { level = "10" } }
end)
