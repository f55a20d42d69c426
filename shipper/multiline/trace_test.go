package multiline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// traces are logs; "=" stands between two events.
var traces = []struct{ name, text string }{
	{"Java", `
2026-01-02 03:04:05 INFO before
=
2026-01-02 03:04:06 ERROR [main] a.B - failed
java.lang.IllegalStateException: outer
	at a.B.c(B.java:1)
	at a.B.lambda$d$0(B.java:22) ~[app.jar:1.0]
	Suppressed: java.io.IOException: close
		at a.C.close(C.java:3)
		... 3 common frames omitted
Caused by: java.io.IOException: inner
	at a.C.read(Native Method)
	at java.base/java.lang.Thread.run(Unknown Source)
	... 12 more
=
2026-01-02 03:04:07 INFO after
`},
	{"Java, exception in the record", `
2026-01-02 ERROR a.B - java.io.IOException: x
	at a.B.c(B.java:1)
=
after
`},
	{"Java, uncaught", `
Exception in thread "main" java.lang.RuntimeException: x
	at a.B.main(B.java:1)
Caused by: java.lang.Error
	... 1 more
`},
	{"Java, another program's record in between", `
2026-01-02 INFO started without problems
=
java.io.IOException: x
	at a.B.c(B.java:1)
=
2026-01-02 INFO between
=
	at a.B.d(B.java:2)
	at a.B.e(B.java:3)
=
2026-01-02 INFO after
`},
	{"exceptions without frames", `
2026-01-02 ERROR failed
=
java.io.IOException: x
=
java.io.IOException: y
=
IOError
=
2026-01-02 INFO after
`},
	{".NET", `
Unhandled exception. System.InvalidOperationException: outer
 ---> System.IO.IOException: inner
   at Shop.Order.Load(String id) in /src/Order.cs:line 12
   --- End of inner exception stack trace ---
   at Shop.Program.Main(String[] args) in /src/Program.cs:line 3
--- End of stack trace from previous location ---
   at Shop.Program.<Main>(String[] args)
`},
	{"Node.js", `
TypeError [ERR_X]: boom
    at Object.f [as g] (/srv/a.js:1:2)
    at async Promise.all (index 0)
    at /srv/b.js:3:4
    at new C (<anonymous>)
    at node:internal/main/run_main_module:28:49 {
  code: 'ENOENT',
  path: '/x'
}
=
after
`},
	{"Python", `
2026-01-02 03:04:05,678 ERROR root failed
Traceback (most recent call last):
  File "/srv/a.py", line 1, in <module>
    f()
    ~^^
  File "/srv/a.py", line 2, in f
    raise KeyError('x')
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/a.py", line 3, in <module>
    g()
shop.errors.OrderError

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/a.py", line 4, in <module>
RuntimeError: z
=

=
2026-01-02 03:04:06 INFO after
`},
	{"Python, cut short by another record", `
INFO:root:before
=
Traceback (most recent call last):
  File "/srv/a.py", line 1, in <module>
=
INFO: between
=
KeyError: 'x'
`},
	{"Go panic", `
panic: boom [recovered]
	panic: again

goroutine 1 [running]:
main.(*T).f(0xc000012345, {0x1, 0x2})
	/src/main.go:12 +0x1d
panic({0x1?, 0x2?})
	/usr/local/go/src/runtime/panic.go:770 +0x132
created by main.main in goroutine 1
	/src/main.go:5 +0x25

goroutine 7 [chan receive, 3 minutes]:
main.g(...)
	/src/main.go:20
exit status 2
=
2026/01/02 after
`},
	{"Go signal", `
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48]

goroutine 1 [running]:
main.main()
	/src/main.go:12 +0x1d
`},
	{"Go fatal error", `
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [select (no cases)]:
main.main()
	/src/main.go:12 +0x1d
=
main.call(1)
=
after
`},
	{"Go, net/http", `
2026/01/02 http: panic serving 127.0.0.1:1: boom
goroutine 7 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1 +0xb
`},
	{"Go, words only", `
panic: only a word
=

=
goroutine leak found
=
goroutine 5 is blocked
`},
	{"Ruby", `
/srv/a.rb:3:in ` + "`f': boom (RuntimeError)" + `
	from /srv/a.rb:7:in ` + "`g'" + `
	from /srv/a.rb:9:in ` + "`<main>'" + `
=
after
`},
	{"PHP", `
PHP Fatal error:  Uncaught Exception: boom in /srv/a.php:3
Stack trace:
#0 /srv/a.php(7): f()
#1 {main}
  thrown in /srv/a.php on line 3
=
Stack trace:
=
#0 alone
`},
	{"indented lines that are no frames", `
2026-01-02 ERROR config:
=
  a: 1
=
	b: 2
=
    at noon (today)
=
    at the station
=
	from here
`},
	{"records of programs that write no traces", `
Error: disk is full
=
Error handling request
=
TypeError is what we want
=
Caused by wind
=
[stacktrace]
=
{"log":"a
=
{"log":1,"stream":"stderr","time":"2026-01-02T03:04:05Z"}
`},
	{"CRI", `
2026-01-02T03:04:05.000000001Z stdout F before
=
2026-01-02T03:04:05.000000001Z stderr F java.io.IOException: x
2026-01-02T03:04:05.000000002Z stderr F 	at a.B.c(B.java:1)
=
2026-01-02T03:04:05.000000003Z stdout F between
=
2026-01-02T03:04:05.000000003Z stderr F 	at a.B.d(B.java:2)
=
2026-01-02T03:04:05.000000004Z stdout P the first part, 
2026-01-02T03:04:05.000000004Z stdout P the second, 
2026-01-02T03:04:05.000000004Z stdout F and the last
=
2026-01-02T03:04:05.000000005Z stdout P never ended
=
2026-01-02T03:04:05.000000006Z stderr F 
`},
	{"Docker json-file", `
{"log":"before\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}
=
{"log":"Traceback (most recent call last):\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}
{"log":"  File \"/a.py\", line 1, in \u003cmodule\u003e\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}
{"log":"KeyError: 'x'\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}
=
{"log":"\tno frame\r\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}
=
{"log":"part one ","stream":"stdout","time":"2026-01-02T03:04:05Z"}
{"log":"part two\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}
=
{"log":"after\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}
`},
	{"carriage returns", "java.io.IOException: x\r\n\tat a.B.c(B.java:1)\r\n=\nafter\r\n"},
}

func TestTraces(t *testing.T) {
	for _, c := range traces {
		t.Run(c.name, func(t *testing.T) {
			want, text := split(c.text)
			if diff := cmp.Diff(want, group(t, Config{}, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
