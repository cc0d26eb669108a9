# PowerShell completion for postern. What was typed is passed on as an array of words;
# nothing of it is ever executed.

Register-ArgumentCompleter -Native -CommandName postern -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = Get-Command -CommandType Application -Name postern -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $program) { return }
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    & $program __complete "=$wordToComplete" @words 2>$null | ForEach-Object {
        $candidate, $description = $_ -split "`t", 2
        if (-not $description) { $description = $candidate }
        [System.Management.Automation.CompletionResult]::new($candidate, $candidate, 'ParameterValue', $description)
    }
}
