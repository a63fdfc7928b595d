"""Reads a repository and a page, and tries what the policy forbids."""

import sys

from mcp_execution import McpExecutionError, call_tool


def attempt(tool, arguments):
    try:
        answer = call_tool(tool, arguments)
    except McpExecutionError as error:
        print(f"{tool}: {type(error).__name__}")
        return None
    print(f"{tool}: done")
    return answer


attempt("git__git_status", {"repo_path": "repo"})
log = attempt("git__git_log", {"repo_path": "repo", "max_count": 1})
attempt("everything__get-sum", {"a": 2, "b": 40})
attempt("everything__get-sum", {"a": 2, "b": 40})
attempt("everything__get-sum", {"a": "two", "b": 40})
attempt("everything__echo", {"message": "Nothing of the log is in this."})
attempt("everything__echo", {"message": f"The log says: {log}"})
attempt("fetch__fetch", {"url": sys.argv[1], "raw": True})
attempt("fetch__fetch", {"url": "http://169.254.169.254/latest/meta-data"})
attempt("git__git_reset", {"repo_path": "repo"})
attempt("git__git_commit", {"repo_path": "repo", "message": "Say more"})
