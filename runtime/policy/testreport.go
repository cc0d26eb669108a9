package policy

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Coverage is one line: how many rules were hit, and which never were.
func (r TestReport) Coverage() string {
	s := fmt.Sprintf("rules hit %d/%d", r.Hit, r.Rules)
	for i, ref := range r.NeverHit {
		sep := ", "
		if i == 0 {
			sep = ", never hit: "
		}
		s += fmt.Sprintf("%s%s %s (line %d)", sep, ref.Kind, ref.Name, ref.Line)
	}
	return s
}

// WriteText writes failures and a summary for a reader.
func (r TestReport) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Tests {
		if len(t.Failures) == 0 {
			continue
		}
		fmt.Fprintf(&b, "FAIL %s:%d: %s\n%s\n", t.File, t.Line, t.Name, indent(strings.Join(t.Failures, "\n"), "    "))
	}
	fmt.Fprintf(&b, "%d tests, %d failed; %s\n", len(r.Tests), r.Failed(), r.Coverage())
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(s, by string) string { return by + strings.ReplaceAll(s, "\n", "\n"+by) }

// WriteTAP writes the Test Anything Protocol, version 13.
func (r TestReport) WriteTAP(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(r.Tests))
	for i, t := range r.Tests {
		name := strings.ReplaceAll(t.Name, "#", `\#`)
		if len(t.Failures) == 0 {
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, name)
			continue
		}
		fmt.Fprintf(&b, "not ok %d - %s\n%s\n", i+1, name, indent(strings.Join(t.Failures, "\n"), "# "))
	}
	fmt.Fprintf(&b, "# %s\n", r.Coverage())
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report as one JSON object.
func (r TestReport) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// WriteJUnit writes the XML that CI systems read.
func (r TestReport) WriteJUnit(w io.Writer) error {
	type failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Class    string    `xml:"classname,attr"`
		Name     string    `xml:"name,attr"`
		File     string    `xml:"file,attr"`
		Line     int       `xml:"line,attr"`
		Failures []failure `xml:"failure"`
	}
	type testsuite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
		Out      string     `xml:"system-out"`
	}
	suite := testsuite{Name: r.Policy, Tests: len(r.Tests), Failures: r.Failed(), Out: r.Coverage()}
	for _, t := range r.Tests {
		c := testcase{Class: r.Policy, Name: t.Name, File: t.File, Line: t.Line}
		for _, f := range t.Failures {
			first, _, _ := strings.Cut(f, "\n")
			c.Failures = append(c.Failures, failure{first, f})
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
