package pattern

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Type says how a field's text is read. A text that is not of its field's type stays as it
// is.
type Type string

// The types. Canonical says what becomes of a value, so that conditions such as
// took:>=0.5 and groups by address see one form.
const (
	TypeString   Type = "string"   // the text
	TypeInt      Type = "int"      // a whole number, without sign + and leading zeros
	TypeFloat    Type = "float"    // a number; a decimal comma is a point
	TypeBool     Type = "bool"     // true or false, of true, yes, on, 1 and their opposites
	TypeDuration Type = "duration" // seconds, of 1m30s, 250 ms, 2d, 00:01:30.5, or a number of seconds
	TypeBytes    Type = "bytes"    // bytes, of 12KB, 1.5 GiB, 300
	TypeIP       Type = "ip"       // an address in its shortest form
)

var types = []Type{TypeString, TypeInt, TypeFloat, TypeBool, TypeDuration, TypeBytes, TypeIP}

// parseType reads a type; the names that other grok programs use are known as well.
func parseType(name string) (Type, error) {
	switch name {
	case "":
		return "", nil
	case "long", "integer":
		return TypeInt, nil
	case "double", "number":
		return TypeFloat, nil
	case "boolean":
		return TypeBool, nil
	}
	if !slices.Contains(types, Type(name)) {
		names := make([]string, len(types))
		for i, t := range types {
			names[i] = string(t)
		}
		return "", fmt.Errorf("expected a type, one of %s, found %q", strings.Join(names, ", "), name)
	}
	return Type(name), nil
}

// Canonical returns the value in the type's one form, and whether it is of the type. The
// result may be value itself.
func (t Type) Canonical(value []byte) ([]byte, bool) {
	text := string(bytes.TrimSpace(value))
	switch t {
	case TypeInt:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return strconv.AppendInt(nil, n, 10), true
		}
	case TypeFloat:
		return canonicalFloat(text, value)
	case TypeBool:
		switch strings.ToLower(text) {
		case "true", "yes", "on", "1", "t", "y":
			return []byte("true"), true
		case "false", "no", "off", "0", "f", "n":
			return []byte("false"), true
		}
	case TypeDuration:
		if d, ok := duration(text); ok {
			return strconv.AppendFloat(nil, d.Seconds(), 'f', -1, 64), true
		}
	case TypeBytes:
		if n, err := humanize.ParseBytes(text); err == nil {
			return strconv.AppendUint(nil, n, 10), true
		}
	case TypeIP:
		if a, err := netip.ParseAddr(text); err == nil {
			return []byte(a.Unmap().String()), true
		}
	default:
		return value, true
	}
	return value, false
}

// canonicalFloat keeps the digits as they are written: 12.50 is not made 12.5 by way of
// binary.
func canonicalFloat(text string, value []byte) ([]byte, bool) {
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil || strings.ContainsAny(text, "xX_pPnN") {
		return value, false
	}
	return []byte(text), true
}

// duration reads 1m30s, 250 ms, 2d, hours, minutes and seconds with colons between them, or
// seconds.
func duration(text string) (time.Duration, bool) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(n * float64(time.Second)), n > -1e9 && n < 1e9
	}
	if strings.Contains(text, ":") {
		total := 0.0
		parts := strings.Split(text, ":")
		for _, part := range parts {
			n, err := strconv.ParseFloat(part, 64)
			if err != nil || n < 0 || len(parts) > 3 {
				return 0, false
			}
			total = total*60 + n
		}
		return time.Duration(total * float64(time.Second)), total < 1e9 // a NaN is not less
	}
	text = strings.ReplaceAll(text, " ", "")
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		return time.Duration(n * float64(24*time.Hour)), err == nil && n >= 0 && n < 36500
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}
