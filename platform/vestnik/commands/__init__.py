"""The subcommands of `vestnik`, one module each with a `main(arguments) -> exit status`."""
