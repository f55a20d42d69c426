package redact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Rule is one thing to take out of lines: a ready-made rule that Name names (see Names),
// or a pattern of one's own.
type Rule struct {
	// Name is a ready-made rule's, or the name under which the pattern's finds are counted.
	Name string `yaml:"name"`
	// Pattern is a regular expression (RE2) for one line. Empty: the ready-made rule.
	Pattern string `yaml:"pattern"`
	// Replace is put in place of a match. $1 or ${name} stand for a group of Pattern, $$
	// for a dollar sign. Default: the name in angle brackets. Without Pattern it must be
	// empty.
	Replace string `yaml:"replace"`
}

// maxReplace bounds a replacement, and so how much longer a line can become.
const maxReplace = 256

var ruleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// Names lists the ready-made rules.
//
//	email     addresses, URL-encoded ones too; not names of systemd units (user@1000.service)
//	bearer    what follows Authorization:, Bearer, Basic, token=, api_key=; JSON Web Tokens
//	card      13 to 19 digits, also with spaces or hyphens, that a card network gives out
//	          (ISO/IEC 7812) and whose last digit is right (Luhn)
//	password  values of password=, "password": and the like; user:password@ in URLs
//	ipv4      IPv4 addresses in dotted form
func Names() []string { return []string{"email", "bearer", "card", "password", "ipv4"} }

// Validate reports all that is wrong with a rule.
func (r *Rule) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !ruleName.MatchString(r.Name) {
		bad("name: want letters, digits and _.-, have %q", r.Name)
	}
	if r.Pattern == "" {
		if !slices.Contains(Names(), r.Name) {
			bad("pattern: want a regular expression, or for name one of %s", strings.Join(Names(), ", "))
		}
		if r.Replace != "" {
			bad("replace: %s is ready-made, its replacement cannot be set", r.Name)
		}
		return errors.Join(errs...)
	}
	if re, err := regexp.Compile(r.Pattern); err != nil {
		bad("pattern: %w", err)
	} else if re.MatchString("") {
		bad("pattern: %q matches the empty line", r.Pattern)
	}
	if strings.ContainsAny(r.Replace, "\n\r") {
		bad("replace: %q must not hold a line break", r.Replace)
	}
	if len(r.Replace) > maxReplace {
		bad("replace: want at most %d bytes, have %d", maxReplace, len(r.Replace))
	}
	return errors.Join(errs...)
}
