package otlp

import "strings"

// severityByName returns the number of an enum value's name: SEVERITY_NUMBER_ERROR2 is 18.
// 0: it is none.
func severityByName(name string) int {
	name, ok := strings.CutPrefix(name, "SEVERITY_NUMBER_")
	if !ok {
		return 0
	}
	step := 0
	if n := len(name); n > 0 && name[n-1] >= '2' && name[n-1] <= '4' {
		name, step = name[:n-1], int(name[n-1]-'1')
	}
	for i, word := range [...]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"} {
		if name == word {
			return 4*i + 1 + step
		}
	}
	return 0
}
