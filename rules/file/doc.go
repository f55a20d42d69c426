// Package file reads rule files: YAML in, checked and compiled rules out.
//
// What enters: files, or folders of *.yml and *.yaml; those in a folder named patterns
// hold patterns (package pattern), all others rules. What leaves: a rules.Set and a
// pattern.Set, or an error with every fault of every file: file, line, column, and what was
// expected. For a fault inside a query, a pattern or a template the place is that of the
// fault itself.
//
// What is guaranteed: a set is taken as a whole or not at all. The Watcher puts new sets
// in force when the files have changed; while any file has a fault, the rules and the
// patterns that were in force stay, all of them, and the faults are logged once.
//
// A rule file:
//
//	rules:
//	  - id: sshd-bruteforce               # unique; lower-case letters, digits, - and _
//	    title: Many failed SSH logins from one address
//	    description: ...                  # optional
//	    severity: high                    # low, medium, high, critical
//	    match: 'service:sshd "Failed password"'          # the query language
//	    extract: 'from %{IP:client.address} port'        # grok; one pattern a line, the first that fits
//	    group_by: [host, client.address]  # fields; optional
//	    threshold: { count: '>= 10', window: 1m }        # without it: fires per match
//	    keep_firing_for: 1m               # default: the window; 5m without a threshold
//	    annotations: { summary: '{{ .Count }} failed logins on {{ .Group.host }}' }
//	    tests:
//	      - name: ten within a minute fire
//	        host: web-1                   # also service, path, labels; all optional
//	        lines: |
//	          ...
//	        expect: [ { group: {host: web-1}, count: 10 } ]   # [] when nothing may fire
package file
