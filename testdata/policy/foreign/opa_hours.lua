-- OPA: office hours in a time zone, across a change of the clocks.
allow { "office", ops = "read", keys = "**", hours = "09:00-17:30", days = "mon-fri", tz = "America/New_York" }
