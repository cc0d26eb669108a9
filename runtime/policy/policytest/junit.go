package policytest

import (
	"encoding/xml"
	"io"
	"strings"
)

// WriteJUnit writes the report in the JUnit XML format that CI systems read.
func (r Report) WriteJUnit(w io.Writer) error {
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
