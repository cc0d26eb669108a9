-- Google Cloud: hours and days in a time zone.
allow { "day", keys = "**", ops = "read", hours = "09:00-17:00", days = "mon-fri", tz = "Europe/Berlin" }
