package query

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxProgram bounds the instructions of the regular expressions of one query, hence the
// time to run them on a line.
const maxProgram = 10_000

// NewRegex returns the node of the RE2 expression source, in any case if fold. The error
// is of regexp, or says that the expression is too large.
func NewRegex(source string, fold bool) (Regex, error) {
	re, _, err := compileRegexp(source, fold)
	if err != nil {
		return Regex{}, err
	}
	return Regex{Source: source, Fold: fold, RE: re}, nil
}

// regexSource is the expression as regexp takes it.
func regexSource(source string, fold bool) string {
	if fold {
		return "(?i:" + source + ")"
	}
	return source
}

// compileRegexp returns the compiled expression and its size. The size is estimated from
// the syntax tree first, because compiling is what costs.
func compileRegexp(source string, fold bool) (*regexp.Regexp, int, error) {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, 0, err
	}
	size := ProgramSize(tree)
	if size > maxProgram {
		return nil, 0, fmt.Errorf("the expression is too large: about %d instructions, %d are allowed", size, maxProgram)
	}
	re, err := regexp.Compile(regexSource(source, fold))
	if err != nil {
		return nil, 0, err
	}
	return re, size, nil
}

// ProgramSize estimates the instructions that tree compiles to, from above, without the
// cost of compiling it, and stops counting at some millions.
func ProgramSize(tree *syntax.Regexp) int {
	const enough = 1 << 24
	size := 2 + len(tree.Rune)/2
	if tree.Op == syntax.OpLiteral {
		size = len(tree.Rune)
	}
	for _, sub := range tree.Sub {
		size = min(size+ProgramSize(sub), enough)
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Min+1, tree.Max, 1)
	}
	return min(size, enough)
}
