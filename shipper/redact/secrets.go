package redact

import (
	"bytes"
	"encoding/base64"
)

// secret stands in place of a credential. No form below takes it for one.
const secret = "<redacted>"

// bearer are the forms in which HTTP credentials and tokens are written: RFC 6750, RFC
// 7617, RFC 7519, and key=value or JSON with a telling key.
var bearer = []form{
	{re: `(?i)\b(authorization\\?["']?\s*[:=]\s*\[?\\?["']?(?:[a-z][a-z0-9-]*\s+)?)([^\s"',;<>\\\[\]]+)`, replace: `${1}` + secret, verify: fresh},
	{re: `(?i)\b(bearer\s+)([a-z0-9._~+/-]{6,}=*)`, replace: `${1}` + secret},
	{re: `(?i)\b(basic\s+)([a-z0-9+/]{4,}={0,2})`, replace: `${1}` + secret, verify: userPass},
	{re: `(?i)((?:token|api[_-]?key)\\?["']?\s*[:=]\s*\\?["']?)([^\s"'\\&,;<>()\[\]{}]{6,})`, replace: `${1}` + secret},
	{re: `\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*`, replace: secret},
}

// password are the forms in which passwords are written. A quoted value is taken whole.
var password = []form{
	{re: `(?i)((?:password|passwd|passphrase|pwd|secret)[\w-]*"?\s*[:=]\s*")((?:[^"\\]|\\.)+)`, replace: `${1}` + secret},
	{re: `(?i)((?:password|passwd|passphrase|pwd|secret)[\w-]*'?\s*[:=]\s*')([^']+)`, replace: `${1}` + secret},
	{re: `(?i)((?:password|passwd|passphrase|pwd|secret)[\w-]*\\"\s*[:=]\s*\\")([^"\\]+)`, replace: `${1}` + secret},
	{re: `(?i)((?:password|passwd|passphrase|pwd|secret)[\w-]*\s*[:=]\s*)([^\s"'\\&,;<>]+)`, replace: `${1}` + secret},
	{re: `(?i)((?:password|passwd|passphrase|pwd|secret)[\w-]*\\?"\s*:\s*)(-?[0-9][0-9.e+-]*)`, replace: `${1}` + secret},
	{re: `(://[^/\s:@"'<>]*:)([^/\s@"'<>]+)@`, replace: `${1}` + secret + `@`},
}

// userPass tells what follows the scheme Basic in a header from an English word: it
// decodes to user:password.
func userPass(line []byte, at []int) bool {
	value := bytes.TrimRight(line[at[4]:at[5]], "=")
	b := make([]byte, base64.RawStdEncoding.DecodedLen(len(value)))
	n, err := base64.RawStdEncoding.Decode(b, value)
	return err == nil && bytes.IndexByte(b[:n], ':') >= 0
}

// fresh tells a credential from a scheme whose credential was taken out already.
func fresh(line []byte, at []int) bool {
	return !bytes.HasPrefix(bytes.TrimLeft(line[at[1]:], " \t"), []byte(secret))
}
