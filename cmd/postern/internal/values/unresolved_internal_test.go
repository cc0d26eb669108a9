package values

import (
	"strings"
	"testing"
)

// TestFindStandIn: references and encrypted values are found in every spelling, and no
// value is taken for one that only contains such a text.
func TestFindStandIn(t *testing.T) {
	t.Parallel()
	cipher := strings.Repeat("BHm9/+", 20) + "=="
	for value, want := range map[string]string{
		"op://vault/item/field":            foreignReference,
		"op://My Vault/an item/field":      foreignReference,
		`"op://v/i/f"`:                     foreignReference,
		"'op://v/i/f'":                     foreignReference,
		"` op://v/i/f `":                   foreignReference,
		" op://v/i/f\n":                    foreignReference,
		"\top://v/i/f\r\n":                 foreignReference,
		"OP://v/i/f":                       foreignReference,
		"ref+vault://secret/app#/password": foreignReference,
		"secretref+awssecrets://team/doc+": foreignReference,
		"Ref+Vault://a#/b":                 foreignReference,
		"postern://TOK":                    storedReference,
		`"postern://TOK"`:                  nearlyReference,
		" postern://TOK":                   nearlyReference,
		"Postern://TOK":                    nearlyReference,
		"POSTERN://TOK":                    nearlyReference,
		"postern:/TOK":                     nearlyReference,
		"encrypted:" + cipher:              encryptedValue,
		`"encrypted:` + cipher + `"`:       encryptedValue,
		"ENC[AES256_GCM,data:Q0w=,iv:YQ==,tag:Yg==,type:str]": encryptedValue,
		"ENC[PKCS7,MIIBeQYJKoZIhvcNAQcD]":                     encryptedValue,

		"":                             "",
		`""`:                           "",
		" ":                            "",
		"op:/v/i/f":                    "",
		"op://":                        "",
		"stop://v/i/f":                 "",
		"see op://v/i/f":               "",
		"A=op://v/i/f":                 "",
		"op://v/i/f\nop://v/i/g":       "",
		`"op://v/i/f" "op://v/i/g"`:    "",
		"ref+x":                        "",
		"ref+1://":                     "",
		"ref+a b://c":                  "",
		"ref+a://b c":                  "",
		"https://host/ref+vault://a":   "",
		"see postern://TOK":            "",
		"postern://TOK is what to use": "",
		"postern":                      "",
		"postern:1.2":                  "",
		"postern@host:/data":           "",
		"encrypted:yes":                "",
		"encrypted: " + cipher:         "",
		"not encrypted:" + cipher:      "",
		"ENC[AES256_GCM,a] and ENC[AES256_GCM,b]": "",
		"ENC[AES256_GCM,data":                     "",
		"ENC[x]":                                  "",
		"[ENC[AES256_GCM,data:Q0w=]]":             "",
		"op://" + strings.Repeat("a", maxStandIn): "",
	} {
		if got := FindStandIn([]byte(value)); got != want {
			t.Errorf("FindStandIn(%.60q) = %q, want %q", value, got, want)
		}
	}
}
