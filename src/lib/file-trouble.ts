/** Why a file or a directory cannot be used, in words, without its path. */
import { messageOf } from './errors.ts'

const reasons: Partial<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  ENOTDIR: 'a part of its path is not a directory',
  EIO: 'the disk fails',
}

/** @param own by code: what it means for this file. */
export function fileTrouble(error: unknown, own: Partial<Record<string, string>>): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return own[code] ?? reasons[code] ?? messageOf(error)
}
