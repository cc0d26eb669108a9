package encodings

// xmlText escapes markup as XML and HTML do. If quote or apostrophe is empty,
// that character stays as it is.
func xmlText(quote, apostrophe string) appendFunc {
	return replaced(func(c byte) string { return xmlEscape(c, quote, apostrophe) })
}

func xmlEscape(c byte, quote, apostrophe string) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return quote
	case '\'':
		return apostrophe
	}
	return ""
}

// xmlGo escapes as Go's encoding/xml does.
func xmlGo(c byte) string {
	switch c {
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	case '\r':
		return "&#xD;"
	}
	return xmlEscape(c, "&#34;", "&#39;")
}
