// Package e2e runs the whole of Foghorn as its users do, black box over the built program:
// files are written and rotated while every role is killed and started again, and then each
// answer is compared with what grep and a plain computation find in the same lines.
//
// The parts that need no program are here and have tests of their own: the lines (Corpora),
// the Writer that writes and rotates them and keeps the originals, the grep calls
// (GrepCalls), and the oracle of the sshd rule (BruteForce). The runs themselves have the
// build tag e2e; see `make e2e` and `make bench`.
//
// What enters: a seed, the program, and lines of real systems where the folder
// ../shared/data stands beside the project, else lines of the demonstration shop. What
// leaves: a verdict with the first difference, and figures.
package e2e
