package ops

import "fmt"

// ExitCode is an error that only sets the process's exit code: what there was to say has
// been said.
type ExitCode int

// ExitError is the exit code of a command that failed, as grep has it. 1 says that nothing
// was found, or that what was checked has faults.
const ExitError ExitCode = 2

// Error names the code.
func (e ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
